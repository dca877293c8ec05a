"""Batched augmentation drawn per image, each with its adjoint: the transform distribution T."""

from sem_ray.augment.views import Views, draw_views, seen_shape, test_view

__all__ = ["Views", "draw_views", "seen_shape", "test_view"]
