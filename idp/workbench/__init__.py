"""The developer's face: departments keep their relying sites here, as citizens with a mandate of the department."""
