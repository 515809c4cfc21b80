"""Card terminals behind ``desktop.usecases.ports.CardTerminal``; the shipped fake lies beside the real ways."""
