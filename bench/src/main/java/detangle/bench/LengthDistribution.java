package detangle.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A distribution of the lengths of requests, in tokens. */
public sealed interface LengthDistribution {
    /** A length has a token at the beginning and one at the end at least. */
    int SHORTEST = 2;

    /** More than any model here takes in one text. */
    int LONGEST = 1_000_000;

    /** Lengths that a file of them may have. */
    int MOST = 10_000_000;

    /** Lengths that no cap was said for end here, as most models' do. */
    int CAP = 512;

    Pattern UNIFORM = Pattern.compile("uniform:([0-9]{1,7})-([0-9]{1,7})");
    Pattern LOG_NORMAL = Pattern.compile("lognormal:([0-9]{1,7}),([0-9]{1,3}(?:\\.[0-9]{1,9})?)(?:,([0-9]{1,7}))?");

    /** Lengths from one to another, both included, each as often as any other. */
    record Uniform(int from, int to) implements LengthDistribution {
        public Uniform {
            if (from < SHORTEST || to < from || to > LONGEST) {
                throw new BenchException("lengths from " + from + " to " + to + " cannot be drawn: they are from "
                        + SHORTEST + " on, and the longer one comes last");
            }
        }

        @Override
        public int draw(Random random) {
            return random.nextInt(from, to + 1);
        }

        @Override
        public String text() {
            return from + " to " + to;
        }
    }

    /**
     * Lengths whose logarithms are normally distributed.
     *
     * @param median half of the texts are shorter
     * @param sigma standard deviation of the natural logarithm
     * @param cap longer texts are cut to it
     */
    record LogNormal(int median, double sigma, int cap) implements LengthDistribution {
        public LogNormal {
            if (median < SHORTEST || cap < median || cap > LONGEST || !(sigma >= 0 && sigma <= 10)) {
                throw new BenchException("lengths of median " + median + ", sigma " + sigma + " and at most " + cap
                        + " cannot be drawn: the median is from " + SHORTEST
                        + " to the cap, and sigma from 0 to 10");
            }
        }

        @Override
        public int draw(Random random) {
            double length = median * Math.exp(sigma * random.nextGaussian());
            return Math.clamp(Math.round(length), SHORTEST, cap);
        }

        @Override
        public String text() {
            return "log-normal, median " + median + ", sigma " + sigma + ", at most " + cap;
        }
    }

    /** Lengths that were seen, each as often as it was. */
    record Recorded(String name, List<Integer> lengths) implements LengthDistribution {
        public Recorded {
            lengths = List.copyOf(lengths);
        }

        /** Reads a file with a length in each line. */
        static Recorded read(Path file) {
            List<Integer> lengths = new ArrayList<>();
            try (BufferedReader lines = Files.newBufferedReader(file)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    lengths.add(length(file, lengths.size() + 1, line.strip()));
                    if (lengths.size() > MOST) {
                        throw new BenchException(file + " has more than " + MOST + " lengths");
                    }
                }
            } catch (CharacterCodingException e) {
                throw new BenchException(file + " is not text: write one length a line", e);
            } catch (IOException e) {
                throw new BenchException(
                        "there is no file " + file + " of lengths: write uniform:8-256, lognormal:40,0.8 or a file"
                                + " with one length a line",
                        e);
            }
            if (lengths.isEmpty()) {
                throw new BenchException(file + " has no lengths: write one a line");
            }
            return new Recorded(file.getFileName().toString(), lengths);
        }

        private static int length(Path file, int line, String text) {
            if (text.matches("[0-9]{1,7}")) {
                int length = Integer.parseInt(text);
                if (length >= SHORTEST && length <= LONGEST) {
                    return length;
                }
            }
            throw new BenchException(file + ", line " + line + ": '" + text.substring(0, Math.min(20, text.length()))
                    + "' is not a length from " + SHORTEST + " to " + LONGEST);
        }

        @Override
        public int draw(Random random) {
            return lengths.get(random.nextInt(lengths.size()));
        }

        @Override
        public String text() {
            return name;
        }
    }

    /** Returns the next length. */
    int draw(Random random);

    /** Returns the distribution in a few words. */
    String text();

    /**
     * Reads {@code uniform:8-256}, {@code lognormal:40,0.8} (median and sigma; {@code lognormal:40,0.8,256} with a cap
     * other than {@link #CAP}), or the name of a file with one length a line.
     *
     * @throws BenchException if the text is none of these
     */
    static LengthDistribution of(String text) {
        Matcher uniform = UNIFORM.matcher(text);
        if (uniform.matches()) {
            return new Uniform(Integer.parseInt(uniform.group(1)), Integer.parseInt(uniform.group(2)));
        }
        Matcher logNormal = LOG_NORMAL.matcher(text);
        if (logNormal.matches()) {
            int cap = logNormal.group(3) == null ? CAP : Integer.parseInt(logNormal.group(3));
            return new LogNormal(Integer.parseInt(logNormal.group(1)), Double.parseDouble(logNormal.group(2)), cap);
        }
        return Recorded.read(Path.of(text));
    }
}
