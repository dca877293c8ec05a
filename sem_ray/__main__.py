from sem_ray.cli import main

main()
