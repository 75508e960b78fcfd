"""Between DICOM's bytes and the domain: reading headers, writing reports and media."""
