"""What stands on and under the counter: printers and drawers behind ``desktop.usecases.ports``, fakes included."""
