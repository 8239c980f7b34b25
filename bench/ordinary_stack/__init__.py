"""What one would write without thinking of speed: FastAPI, pydantic models and the SQLAlchemy ORM, asynchronous."""
