"""The words of the command line, a module for each family; `knetui.cli` reads them."""
