"""secp256k1 from its definition (SEC 2, section 2.4.1): slow, and independent of any library.

Points are pairs (x, y); None is the point at infinity.
"""

from eth_hash.auto import keccak

FIELD = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
GENERATOR = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
Point = tuple[int, int]


def lift(x: int, odd: bool = False) -> Point | None:
    """The point with this x and parity of y, or None if the curve has none."""
    square = (x**3 + 7) % FIELD
    y = pow(square, (FIELD + 1) // 4, FIELD)
    if y * y % FIELD != square:
        return None
    return (x, FIELD - y if (y & 1) != odd else y)


def add(p: Point | None, q: Point | None) -> Point | None:
    if p is None:
        return q
    if q is None:
        return p
    if p[0] == q[0]:
        if (p[1] + q[1]) % FIELD == 0:
            return None
        slope = 3 * p[0] * p[0] * pow(2 * p[1], -1, FIELD)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, FIELD)
    x = (slope * slope - p[0] - q[0]) % FIELD
    return (x, (slope * (p[0] - x) - p[1]) % FIELD)


def multiply(scalar: int, point: Point | None) -> Point | None:
    """Double and add, in Jacobian coordinates (x = X / Z^2, y = Y / Z^3): one inversion in all."""
    if point is None or scalar % ORDER == 0:
        return None
    x, y, z = *point, 1
    for bit in bin(scalar % ORDER)[3:]:
        x, y, z = _double(x, y, z)
        if bit == "1":
            x, y, z = _add_affine(x, y, z, point)
    inverse = pow(z, -1, FIELD)
    return (x * inverse**2 % FIELD, y * inverse**3 % FIELD)


def _double(x: int, y: int, z: int) -> tuple[int, int, int]:
    slope = 3 * x * x % FIELD
    s = 4 * x * y * y % FIELD
    doubled = (slope * slope - 2 * s) % FIELD
    return doubled, (slope * (s - doubled) - 8 * y**4) % FIELD, 2 * y * z % FIELD


def _add_affine(x: int, y: int, z: int, point: Point) -> tuple[int, int, int]:
    """The sum of two points of different x.

    `multiply` adds P only to 2 k P with 2 <= 2 k <= ORDER - 2, which never is P or -P.
    """
    width = (point[0] * z * z - x) % FIELD
    height = (point[1] * z**3 - y) % FIELD
    if width == 0:
        raise ArithmeticError("points of equal x")
    square = width * width % FIELD
    cube = square * width % FIELD
    total = (height * height - cube - 2 * x * square) % FIELD
    return total, (height * (x * square - total) - y * cube) % FIELD, z * width % FIELD


def address(point: Point) -> bytes:
    """The 20 bytes of the point's Ethereum address."""
    return keccak(point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big"))[12:]


def x_at_or_above_order() -> int:
    """The lowest x in [ORDER, FIELD) that is on the curve: valid in BIP 340, refused here."""
    return next(x for x in range(ORDER, FIELD) if lift(x) is not None)


def x_off_curve(above: int = 0) -> int:
    """The lowest x, above the one given, that no point has; the lowest of all is 5."""
    return next(x for x in range(above + 1, FIELD) if lift(x) is None)
