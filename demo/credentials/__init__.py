"""What the centre and the sandbox have agreed on, as a real authority and a real centre would: one module for each authority."""
