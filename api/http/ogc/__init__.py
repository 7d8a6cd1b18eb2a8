"""OGC API – Features (parts 1 and 2) and Tiles, over the same layers as the map."""

from fastapi import APIRouter

from api.http.ogc import features, landing, tilesets

router = APIRouter(include_in_schema=False)
for part in (landing, features, tilesets):
    router.include_router(part.router)
