"""Turn the model into files, purely: renderers return text, one module writes it."""
