from eve_records import queried_names


def domain(event):
    return next(iter(queried_names(event)), None)
