"""Batched augmentation drawn per image, each with its adjoint: the transform distribution T."""

from sem_ray.augment.views import Views, WholeViews, draw_views, seen_shape, test_view

__all__ = ["Views", "WholeViews", "draw_views", "seen_shape", "test_view"]
