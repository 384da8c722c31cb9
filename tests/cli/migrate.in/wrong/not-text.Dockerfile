FROM scratch
LABEL name=é
