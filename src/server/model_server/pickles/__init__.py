"""What pickles import: listed without loading them, and an allow list that is enforced while they load."""
