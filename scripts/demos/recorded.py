"""The figures that the documents recorded, under the heads of `report.LOAD_COLUMNS`."""

# transactions, availability, elapsed, response, rate, concurrency, failed, longest, shortest
BOOKING_WITH_RULE = ("booking, mesh rule on", (
    1986, 63.88, 47.75, 2.39, 41.59, 99.57, 1123, 7.53, 0.05))
ROOM_WITH_RULE = ("room, mesh rule on", (634, 38.03, 21.48, 0.34, 29.52, 9.96, 1033, 0.54, 0.01))
ROOM_WITHOUT_RULE = ("room, mesh rule removed", (
    5306, 100.00, 59.05, 0.11, 89.86, 9.93, 0, 0.48, 0.01))
HOSPITALS_WITH_RULE = ("hospitals, mesh rule on", (
    194, 16.68, 59.76, 0.03, 3.25, "-", 969, 0.04, "-"))
ORDER_SCALED = ("order and product scaled 1 to 5", (
    995, 82.64, 59.85, 5.11, 16.62, 84.94, 209, 15.26, 0.02))
BOOKING_SCALED = ("pay scaled 1 to 3", (
    26446, 100.00, 179.76, 0.68, 147.12, 99.60, 0, 5.85, 0.00))
ROOM_SCALED = ("auth scaled 1 to 3", (
    20932, 100.00, 179.13, 0.08, 116.85, 9.77, 0, 3.69, 0.00))
HOSPITALS_ROLLED_UNREADY = ("rolling update without readiness", (
    372, 90.29, 205.09, 0.55, 1.81, 1.00, 40, 1.50, 0.43))
HOSPITALS_ROLLED = ("rolling update with readiness", (
    234, 100.00, 119.04, 0.51, 1.97, 1.00, 0, 1.57, 0.41))
REVIEWS_ROLLED_UNREADY = ("rolling update without readiness", (
    4700, 82.11, 31.22, 0.01, 150.54, 0.96, 1024, 0.08, 0.00))
REVIEWS_ROLLED = ("rolling update with readiness", (
    23586, 100.00, 98.46, 0.00, 239.55, 0.96, 0, 0.72, 0.00))


def unmeasured(name, availability="-"):
    """A run of which the document has no figures, or only this one."""
    return (name, ("-", availability, *["-"] * 7))


# Call-taxi's chapter was carried over from another project and says "about 3 % failures".
TAXI_BREAKER = unmeasured("another project's breaker, about 3 % failures", "about 97")
SIREN_BREAKER = unmeasured("breaker (pictures only)")
EDU_BREAKER = unmeasured("breaker (pictures only)")
EDU_SCALED = unmeasured("payment scaled out (picture only)")
EDU_ROLLED_UNREADY = unmeasured("rolling update without readiness", "below 100")
EDU_ROLLED = unmeasured("rolling update with readiness", "100")
