"""The provincial government portal: news, services, and the person's name in the corner."""
