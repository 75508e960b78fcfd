"""Every setting of the node: defaults, then `node.toml`, then the environment, then flags.

Environment variables are named `OFSEP_NODE_<SECTION>__<KEY>`, for instance
`OFSEP_NODE_RECEPTION__PORT=104`. Unknown keys and wrong values are errors that name the file and
line, or the variable.
"""

from ofsep_node.settings.destinations import (
    Destination,
    DicomDestination,
    MailDestination,
    SenderDestination,
    WebhookDestination,
)
from ofsep_node.settings.reading import ENVIRONMENT_PREFIX, load_settings
from ofsep_node.settings.sections import (
    DeliverySection,
    LogSection,
    NodeSection,
    ProtocolSection,
    ReceptionSection,
    RecordsSection,
    RetentionSection,
    RetrievalSection,
    Settings,
    StudySection,
    TLSSection,
    WebSection,
)
from ofsep_node.settings.values import (
    LAST_PORT,
    LONGEST_DAYS,
    RECEIVERS_AT_MOST,
    AETitle,
    OptionalPath,
    Section,
)

__all__ = [
    "ENVIRONMENT_PREFIX",
    "LAST_PORT",
    "LONGEST_DAYS",
    "RECEIVERS_AT_MOST",
    "AETitle",
    "DeliverySection",
    "Destination",
    "DicomDestination",
    "LogSection",
    "MailDestination",
    "NodeSection",
    "OptionalPath",
    "ProtocolSection",
    "ReceptionSection",
    "RecordsSection",
    "RetentionSection",
    "RetrievalSection",
    "Section",
    "SenderDestination",
    "Settings",
    "StudySection",
    "TLSSection",
    "WebSection",
    "WebhookDestination",
    "load_settings",
]
