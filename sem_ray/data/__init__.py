"""Image sets as uint8 pixels in memory or in a file, with ids and a fingerprint, and noise as
files."""

from sem_ray.data.image_set import Dataset, ImageSet
from sem_ray.data.noise.noise import Manifest, Noise, protected
from sem_ray.data.noise.noise_file import read_manifest, read_noise, write_noise
from sem_ray.data.pixels.add_noise import add_noise
from sem_ray.data.sources.registry import load

__all__ = [
    "Dataset",
    "ImageSet",
    "Manifest",
    "Noise",
    "add_noise",
    "load",
    "protected",
    "read_manifest",
    "read_noise",
    "write_noise",
]
