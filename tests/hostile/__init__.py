"""What strangers try, from outside: mail goes in, and what the desk kept, did and sent is looked at. `make hostile`."""
