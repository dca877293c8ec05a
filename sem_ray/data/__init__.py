"""Image sets as resident uint8 tensors with ids and a fingerprint, and noise as files."""

from sem_ray.data.image_set import Dataset, ImageSet
from sem_ray.data.noise import Manifest, Noise, add_noise, protected
from sem_ray.data.noise_file import read_noise, write_noise
from sem_ray.data.sources import load

__all__ = [
    "Dataset",
    "ImageSet",
    "Manifest",
    "Noise",
    "add_noise",
    "load",
    "protected",
    "read_noise",
    "write_noise",
]
