"""Write money for people: tiyn as tenge. In tables money is whole tiyn, never a text."""


def tenge(amount_tiyn: int) -> str:
    """Tiyn as tenge with blanks between thousands: 1 234 567,05."""
    sign = "-" if amount_tiyn < 0 else ""
    return f"{sign}{abs(amount_tiyn) // 100:,}".replace(",", " ") + f",{abs(amount_tiyn) % 100:02d}"
