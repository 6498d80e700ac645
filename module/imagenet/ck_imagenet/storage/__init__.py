"""Where pictures and what is known of links are kept: in folders, or in Collective Knowledge."""
