"""The components that Sycee brings along; importing this package registers them."""
