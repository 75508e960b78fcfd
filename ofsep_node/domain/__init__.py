"""What an examination is: instances, series, studies, findings and verdicts. No I/O, no pydicom."""
