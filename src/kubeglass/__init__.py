"""kubeglass: see through your Python services on Kubernetes.

Importing this package costs nothing; the instrumentation library is :mod:`kubeglass.flask`, the command line is
``kubeglass`` (``pip install "kubeglass[cli]"``).
"""

__version__ = "0.1.0"
