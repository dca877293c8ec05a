"""Batched augmentation drawn per image, each with its adjoint: the transform distribution T."""

from sem_ray.augment.views import Views, draw_views, test_view

__all__ = ["Views", "draw_views", "test_view"]
