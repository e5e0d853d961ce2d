package detangle.cli;

/** Takes rows one by one and writes them. Nothing is written before the first of them. */
interface ResultPrinter extends AutoCloseable {
    void print(OutputRow row);

    /** Hands what is printed on to who reads it, as far as the format allows. */
    void flush();

    /** Writes what a format has at its end, after the last row. */
    void end();

    /** Lets go of the file, if there is one. */
    @Override
    void close();
}
