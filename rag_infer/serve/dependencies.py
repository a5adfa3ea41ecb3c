"""What routes get for a request: the service, and the user who sent it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from rag_infer.serve.auth import User
from rag_infer.serve.service import Service
from rag_infer.serve.sign_on import request_user


def service_of(request: Request) -> Service:
    """The service of the application."""
    service: Service = request.app.state.service
    return service


def authenticate(request: Request) -> User:
    """The person who is signed on, else of ``Authorization: Bearer TOKEN``.

    The middleware refuses others earlier.
    """
    user = request_user(request.scope, service_of(request).config.users)
    if user is None:
        raise HTTPException(401, "a valid token is required", {"WWW-Authenticate": "Bearer"})
    return user


def writer(request: Request) -> User:
    """The user, who must be one that may upload and remove documents."""
    user = authenticate(request)
    if not user.may_write:
        raise HTTPException(403, "permission denied: this token may only read")
    return user


AppService = Annotated[Service, Depends(service_of)]
CurrentUser = Annotated[User, Depends(authenticate)]
WritingUser = Annotated[User, Depends(writer)]
