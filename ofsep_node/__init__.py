"""ofsep-node: a DICOM Storage SCP that judges MS imaging against the OFSEP protocol."""

from importlib.metadata import version

__version__ = version("ofsep-node")
