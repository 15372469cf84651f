"""Which manager owns which field of an object, and how kubeglass takes fields over or leaves them."""
