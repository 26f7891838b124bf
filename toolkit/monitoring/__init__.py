"""What the people who run the site look at: is it alive, is it ready, how does it do; and logs that name nobody."""
