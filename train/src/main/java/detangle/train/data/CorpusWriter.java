package detangle.train.data;

import detangle.backend.processor.ThreadCount;
import detangle.models.files.WholeFiles;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ForkJoinPool;

/**
 * Prepares a corpus as the original's prepare_data.py does. All texts are one stream of tokens, which is cut into parts
 * of {@code maxLength - 2} tokens. A line of the file has the tokens of one part, spelled as in the vocabulary, with
 * spaces between them. Only the present line is in memory. The file appears whole when {@link #finish} is called, or
 * not at all.
 */
public final class CorpusWriter implements AutoCloseable {
    private final Path file;
    private final WholeFiles files = new WholeFiles();
    private final Tokenizer tokenizer;
    private final int perLine;

    /** A parallel stream runs in the pool of the task that ends it. */
    private final ForkJoinPool threads = new ForkJoinPool(ThreadCount.chosen().threads());

    private final OutputStream out;
    private final BufferedWriter writer;
    private int inLine;
    private long tokens;
    private long lines;

    /**
     * Begins a file.
     *
     * @param file the file to write; one that is there is replaced by {@link #finish}
     * @param maxLength the most tokens of an example, with the two special ones that are added when it is read
     */
    public CorpusWriter(Path file, Tokenizer tokenizer, int maxLength) {
        if (maxLength < 3) {
            throw new DataException("max_seq_length is " + maxLength + ": it must be at least 3");
        }
        this.file = file;
        this.tokenizer = tokenizer;
        this.perLine = maxLength - 2;
        try {
            this.out = Files.newOutputStream(files.part(file));
        } catch (IOException e) {
            throw unwritable(e);
        }
        this.writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8.newEncoder()), 1 << 16);
    }

    private CorpusException unwritable(IOException e) {
        return new CorpusException(file + " cannot be written: " + WholeFiles.reason(e), e);
    }

    /** Adds texts, such as lines of a file. Their tokens are found by several threads. */
    public void add(List<String> texts) {
        List<Encoding> encodings = threads.submit(
                        () -> texts.parallelStream().map(tokenizer::encode).toList())
                .join();
        try {
            for (Encoding encoding : encodings) {
                for (int t = 0; t < encoding.length(); t++) {
                    if (encoding.sequences()[t] != Encoding.SPECIAL) {
                        add(encoding.ids()[t]);
                    }
                }
            }
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private void add(int id) throws IOException {
        String token = tokenizer.token(id).orElseThrow();
        if (token.chars().anyMatch(Character::isWhitespace)) {
            throw new DataException("the tokenizer has the token '" + token
                    + "', and a corpus divides tokens by white space: use another tokenizer");
        }
        if (inLine == perLine) {
            endLine();
        }
        if (inLine > 0) {
            writer.write(' ');
        }
        writer.write(token);
        inLine++;
        tokens++;
    }

    private void endLine() throws IOException {
        writer.write('\n');
        lines++;
        inLine = 0;
    }

    /**
     * Ends the last line, and gives the file its name.
     *
     * @throws DataException if no text had a token
     * @throws CorpusException if the file cannot be written
     */
    public void finish() {
        if (tokens == 0) {
            throw new DataException("there is no text to make " + file + " of");
        }
        try {
            endLine();
            writer.close();
            files.publish();
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** Returns the number of tokens so far. */
    public long tokens() {
        return tokens;
    }

    /** Returns the number of lines that have been ended. */
    public long lines() {
        return lines;
    }

    /** Deletes what was written if it was not finished. */
    @Override
    public void close() {
        threads.close();
        try {
            out.close(); // The writer's own end would write what it still holds.
            files.close();
        } catch (IOException e) {
            throw unwritable(e);
        }
    }
}
