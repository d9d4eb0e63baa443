"""The sub-commands of `sealdesk`, one module each. They import heavy parts only when they run."""
