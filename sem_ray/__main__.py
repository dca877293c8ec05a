from sem_ray.cli.main import main

main()
