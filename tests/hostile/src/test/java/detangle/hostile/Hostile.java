package detangle.hostile;

/**
 * Files that someone might hand over to do harm, or good ones.
 *
 * @param name says what is wrong with them; unique among those of a reader
 * @param files what writes them
 * @param expected what the message of the refusal contains; empty where the files may as well be read
 */
record Hostile(String name, FolderWriter files, String expected) {}
