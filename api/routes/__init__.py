"""ROUTERS, the one list of routers."""

from fastapi import APIRouter

from api.routes import activation, demo, health, home, login, logout, oidc, pki

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    health.router,
    login.router,
    oidc.router,
    logout.router,
    activation.router,
    pki.router,
)
DEMO_ROUTERS: tuple[APIRouter, ...] = (demo.router,)
