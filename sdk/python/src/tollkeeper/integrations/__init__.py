"""What frameworks take: each module needs the framework that it is named after."""
