/* Returns how many children did not end by themselves, or -errno. */
int hung(int children, int busy);
