"""What a person reads: terminal reports, HTML pages and plots."""
