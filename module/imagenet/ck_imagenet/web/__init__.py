"""One URL, and the hosts: what is asked, how, and what an answer means."""
