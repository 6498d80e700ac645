"""One request: URLs to addresses, connections, headers, bodies, and one typed failure."""

import warnings

# `requests` says so at its import, on the terminal, where what guesses the coding of texts is not
# there or finds too little memory. It is not needed here: nobody reads texts with `requests`.
warnings.filterwarnings("ignore", "Unable to find acceptable character detection")
