"""Is everything well, at a glance?"""
