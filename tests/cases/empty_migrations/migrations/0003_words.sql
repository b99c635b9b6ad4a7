-- intentionally left blank; the change was taken back
/* see 0001 */
