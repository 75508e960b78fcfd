"""What recognition says, in French: every sentence and every word of its tables, by the English.

Names of attributes, values of the header and names of sequences stay as they are written.
"""

FRENCH: dict[str, str] = {
    # How witnesses stand to the conclusion.
    "against: {}": "contre : {}",
    "not conclusive: {}": "non concluant : {}",
    "{}: {}": "{} : {}",
    # Times and pulses.
    "inversion as for FLAIR": "inversion comme en FLAIR",
    "inversion as for FLAIR, but it does not null fluid": (
        "inversion comme en FLAIR, mais qui n'annule pas les liquides"
    ),
    "inversion that nulls fluid, FLAIR": "inversion qui annule les liquides, FLAIR",
    "inversion that nulls fat, STIR": "inversion qui annule la graisse, STIR",
    "two inversions, DIR": "deux inversions, DIR",
    "a cycle as long as MP2RAGE's, of two inversions": (
        "un cycle aussi long que celui du MP2RAGE, à deux inversions"
    ),
    "inversion-prepared T1-weighted gradient echo": (
        "écho de gradient pondéré T1, préparé par inversion"
    ),
    "magnetisation-prepared T1-weighted gradient echo": (
        "écho de gradient pondéré T1, à aimantation préparée"
    ),
    "T1-weighted gradient echo, or phase contrast": (
        "écho de gradient pondéré T1, ou contraste de phase"
    ),
    "gradient echo with the times of time of flight": (
        "écho de gradient ayant les temps d'un temps de vol"
    ),
    "T1-weighted gradient echo, or angiography": "écho de gradient pondéré T1, ou angiographie",
    "2D T1-weighted gradient echo": "écho de gradient 2D pondéré T1",
    "T1-weighted spin echo": "écho de spin pondéré T1",
    "T1-weighted spin echo, or an image of vessel walls": (
        "écho de spin pondéré T1, ou image des parois vasculaires"
    ),
    "T1-weighted inversion recovery": "inversion-récupération pondérée T1",
    "T2-weighted spin echo": "écho de spin pondéré T2",
    "3D T2-weighted spin echo": "écho de spin 3D pondéré T2",
    "T2, or a FLAIR whose inversion time is not written": (
        "T2, ou FLAIR dont le temps d'inversion n'est pas écrit"
    ),
    "proton density, or arterial spin labelling": (
        "densité de protons, ou marquage de spins artériels"
    ),
    "long TR and short TE, proton density": "TR long et TE court, densité de protons",
    "dual echo, proton density and T2": "double écho, densité de protons et T2",
    "{} spin echoes, a T2 map": "{} échos de spin, une carte de T2",
    "2D gradient echo with a long TE, T2*": "écho de gradient 2D à TE long, T2*",
    "3D gradient echo with a long TE, T2* or susceptibility": (
        "écho de gradient 3D à TE long, T2* ou susceptibilité"
    ),
    "two gradient echoes close together, a field map": (
        "deux échos de gradient rapprochés, une carte de champ"
    ),
    # Diffusion and time points.
    "EPI with b {} s/mm2: diffusion": "EPI avec b {} s/mm2 : diffusion",
    "b {} s/mm2 with its directionality: diffusion": (
        "b {} s/mm2 avec sa directionnalité : diffusion"
    ),
    "b {} s/mm2, though not on EPI: diffusion": "b {} s/mm2, bien que sans EPI : diffusion",
    "b {} s/mm2 on derived images: diffusion": "b {} s/mm2 sur des images dérivées : diffusion",
    "gradient-echo EPI without b-value: BOLD or perfusion": (
        "EPI en écho de gradient sans valeur de b : BOLD ou perfusion"
    ),
    "1 distinct diffusion direction": "1 direction de diffusion distincte",
    "{} distinct diffusion directions": "{} directions de diffusion distinctes",
    "every image is b0, none is diffusion-weighted": (
        "toutes les images sont en b0, aucune n'est pondérée en diffusion"
    ),
    "no b-value to confirm it": "aucune valeur de b ne le confirme",
    "derived from diffusion, without saying which map it is": (
        "dérivée de la diffusion, sans dire de quelle carte il s'agit"
    ),
    "{} time points: a dynamic series": "{} temps : une série dynamique",
    # Vendors' names, in the rules of each.
    "{} {}: {}": "{} {} : {}",
    "{} ({}) is {}": "{} ({}) est en {}",
    "SequenceName": "SequenceName",
    "vendor's technique": "technique du constructeur",
    "ScanOptions": "ScanOptions",
    "2D FLASH": "FLASH 2D",
    "2D field echo": "écho de champ 2D",
    "2D spin echo": "écho de spin 2D",
    "2D turbo FLASH": "turbo FLASH 2D",
    "2D turbo spin echo": "turbo écho de spin 2D",
    "3D FLASH": "FLASH 3D",
    "3D GRASE, as for arterial spin labelling": (
        "GRASE 3D, comme pour le marquage de spins artériels"
    ),
    "3D fast gradient echo": "écho de gradient rapide 3D",
    "3D fast spin echo": "écho de spin rapide 3D",
    "3D field echo": "écho de champ 3D",
    "3D time of flight": "temps de vol 3D",
    "3D turbo spin echo": "turbo écho de spin 3D",
    "CUBE": "CUBE",
    "EPI": "EPI",
    "HASTE": "HASTE",
    "MATRIX, a 3D fast spin echo": "MATRIX, un écho de spin rapide 3D",
    "MEDIC": "MEDIC",
    "MERGE": "MERGE",
    "MPRAGE": "MPRAGE",
    "RESOLVE diffusion": "diffusion RESOLVE",
    "SPACE": "SPACE",
    "SPACE with inversion, as for FLAIR, DIR and T1": (
        "SPACE avec inversion, comme en FLAIR, DIR et T1"
    ),
    "SWAN": "SWAN",
    "T1 FLAIR": "T1 FLAIR",
    "T1 fast field echo": "écho de champ rapide T1",
    "T1 turbo field echo": "écho de champ turbo T1",
    "T2 FLAIR": "T2 FLAIR",
    "T2 fast field echo": "écho de champ rapide T2",
    "angiography": "angiographie",
    "arterial spin labelling": "marquage de spins artériels",
    "balanced steady state": "précession libre équilibrée",
    "diffusion": "diffusion",
    "diffusion EPI": "EPI de diffusion",
    "field echo": "écho de champ",
    "field map": "carte de champ",
    "flow-sensitive black blood": "sang noir sensible au flux",
    "gradient echo": "écho de gradient",
    "gradient-echo EPI, as for BOLD": "EPI en écho de gradient, comme pour le BOLD",
    "gradient-echo EPI, as for BOLD or perfusion": (
        "EPI en écho de gradient, comme pour le BOLD ou la perfusion"
    ),
    "inversion recovery": "inversion-récupération",
    "inversion-prepared 3D gradient echo": "écho de gradient 3D préparé par inversion",
    "magnetisation-prepared": "à aimantation préparée",
    "phase contrast": "contraste de phase",
    "spin echo": "écho de spin",
    "spin-echo EPI": "EPI en écho de spin",
    "susceptibility-weighted imaging": "imagerie de susceptibilité",
    "turbo inversion recovery, FLAIR or STIR": "turbo inversion-récupération, FLAIR ou STIR",
    # Words, and what standard attributes say.
    '"{}" in {} "{}"': "« {} » dans {} « {} »",
    '"{}" in {}: {}': "« {} » dans {} : {}",
    '"{}" in the description': "« {} » dans la description",
    "AcquisitionContrast {}": "AcquisitionContrast {}",
    "MRAcquisitionType {}": "MRAcquisitionType {}",
    "BodyPartExamined says {}": "BodyPartExamined dit {}",
    "ImageType {}": "ImageType {}",
    "ImageType {}: composed of stations": "ImageType {} : composée d'étages",
    "ImageType {}: made from other images": "ImageType {} : faite à partir d'autres images",
    "{} maps are computed": "les cartes {} sont calculées",
    "a duplicate kept from before filtering (ORIG:)": (
        "un double conservé d'avant le filtrage (ORIG:)"
    ),
    "derived, and named MPR: a reformat": "dérivée, et nommée MPR : une reformation",
    "derived, without a word of what was computed": "dérivée, sans dire ce qui a été calculé",
    "no SeriesDescription or ProtocolName to confirm it": (
        "ni SeriesDescription ni ProtocolName pour le confirmer"
    ),
    "no ImageType: may be derived images": "pas d'ImageType : peut-être des images dérivées",
    # Organs and geometry.
    "brain": "encéphale",
    "cord": "moelle",
    "other": "autre organe",
    "FLAIR": "FLAIR",
    "double inversion recovery": "double inversion-récupération",
    "{} is used in the brain": "{} : une séquence d'encéphale",
    "inversion-prepared 3D T1 is used in the brain": (
        "T1 3D préparé par inversion : une séquence d'encéphale"
    ),
    "covers {}: a head": "couvre {} : une tête",
    "covers {}: a whole head": "couvre {} : une tête entière",
    "{:.0f} mm left to right, {:.0f} front to back, {:.0f} head to foot": (
        "{:.0f} mm de gauche à droite, {:.0f} d'avant en arrière, {:.0f} de haut en bas"
    ),
    "sagittal, {:.0f} mm head to foot but {:.0f} mm left to right: spine": (
        "sagittale, {:.0f} mm de haut en bas mais {:.0f} mm de gauche à droite : rachis"
    ),
    "axial diffusion with the field of view of a head": (
        "diffusion axiale ayant le champ de vue d'une tête"
    ),
    "{} thick images in {} planes ({}): localizer": "{} images épaisses dans {} plans ({}) : repérage",
    "axial": "axial",
    "sagittal": "sagittal",
    "coronal": "coronal",
    # Gadolinium.
    "yes": "oui",
    "no": "non",
    'gadolinium {}: "{}" in the description': "gadolinium {} : « {} » dans la description",
    "ContrastBolusAgent names {}": "ContrastBolusAgent nomme {}",
    "ContrastBolusAgent says {}": "ContrastBolusAgent dit {}",
    "ContrastBolusAgentAdministered {}": "ContrastBolusAgentAdministered {}",
    "{} ml of contrast agent given": "{} ml de produit de contraste injectés",
    "acquired after the injection (ContrastBolusStartTime)": (
        "acquise après l'injection (ContrastBolusStartTime)"
    ),
    "acquired before the injection (ContrastBolusStartTime)": (
        "acquise avant l'injection (ContrastBolusStartTime)"
    ),
    # Other series of the examination.
    "names {}, which {} does not": "nomme {}, contrairement à {}",
    "an earlier twin": "une jumelle antérieure",
    "its earlier twin, series {},": "sa jumelle antérieure, la série {}",
    "its stations were sent (series {})": "ses étages ont été envoyés (séries {})",
    "also holds {} {} images (ImageType {})": "contient aussi {} images {} (ImageType {})",
    "also holds {} other images (ImageType {})": "contient aussi {} autres images (ImageType {})",
    # What is no MR image.
    "{}, not MR images": "{}, pas des images d'IRM",
    "object of SOP class {}": "objet de la classe SOP {}",
    "modality {}": "modalité {}",
    "structured report": "compte rendu structuré",
    "raw data": "données brutes",
    "presentation state": "état de présentation",
    "secondary capture": "capture secondaire",
    "MR spectroscopy": "spectroscopie par RM",
    "encapsulated document": "document encapsulé",
    "Philips private object": "objet privé Philips",
    "Siemens CSA non-image": "objet non-image CSA de Siemens",
}
