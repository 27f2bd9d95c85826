"""What web processes answer by themselves: the page, how every part is, what each answer gets."""
