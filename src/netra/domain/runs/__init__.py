"""One question on its way to one answer: lifecycle, events, worker."""
