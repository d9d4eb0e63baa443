"""What a registration client synchronises: certificates, ID schema, CA certificates, machine keys."""
