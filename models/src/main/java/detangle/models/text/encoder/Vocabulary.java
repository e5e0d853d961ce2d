package detangle.models.text.encoder;

import detangle.models.text.TokenizerException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.SplittableRandom;

/**
 * The tokens of a model and their ids, as a trie over code points: what may follow a prefix is one look-up in a hash
 * table of all edges, so that a hundred thousand tokens are a few arrays. A token that is added twice has its last id.
 */
public final class Vocabulary {
    /** Stands for an edge, or the id of a prefix, that is not there. */
    public static final int NONE = -1;

    /** The trie's root: the empty prefix. */
    public static final int ROOT = 0;

    /** No id may be greater, so that a file cannot make a table of any size: mDeBERTa has 251 000. */
    public static final int MAX_ID = (1 << 20) - 1;

    /** The trie may have no more nodes, so that a file cannot make it of any size: that of v3 has 278 000. */
    static final int MAX_NODES = 1 << 20;

    /** No token may be longer, in code points, so that search takes time in proportion to the text. */
    public static final int MAX_LENGTH = 1024;

    private static final int CODE_POINT_BITS = 21;

    /** Differs between runs, so that no file can be made whose edges all collide. */
    private static final long HASH_MULTIPLIER = new SplittableRandom().nextLong() | 1;

    private final long[] edges;
    private final int[] children;
    private final int[] ids;
    private final char[] texts;
    private final int[] textStarts;
    private final int[] textEnds;
    private final String[] strings;
    private final int size;

    private Vocabulary(Builder builder) {
        this.edges = builder.edges;
        this.children = builder.children;
        this.ids = Arrays.copyOf(builder.ids, builder.nodes);
        this.texts = Arrays.copyOf(builder.texts, builder.textLength);
        this.textStarts = Arrays.copyOf(builder.textStarts, builder.limit);
        this.textEnds = Arrays.copyOf(builder.textEnds, builder.limit);
        this.strings = new String[builder.limit];
        this.size = builder.size;
    }

    /** Returns the prefix that a code point makes of another, or {@link #NONE}. */
    public int child(int prefix, int codePoint) {
        return child(edges, children, prefix, codePoint);
    }

    private static int child(long[] edges, int[] children, int prefix, int codePoint) {
        long edge = edge(prefix, codePoint);
        int mask = edges.length - 1;
        for (int slot = slot(edge, mask); ; slot = slot + 1 & mask) {
            if (edges[slot] == edge) {
                return children[slot];
            }
            if (edges[slot] == 0) {
                return NONE;
            }
        }
    }

    /** Returns the prefix that a text makes of another, or {@link #NONE}. */
    int child(int prefix, String text) {
        int node = prefix;
        for (int i = 0; i < text.length() && node != NONE; ) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            node = child(node, codePoint);
        }
        return node;
    }

    /** Returns the id of the token that a prefix is, or {@link #NONE}. */
    public int id(int prefix) {
        return ids[prefix];
    }

    /** Returns the id of a token. */
    public OptionalInt find(String token) {
        int node = child(ROOT, token);
        return node == NONE || ids[node] == NONE ? OptionalInt.empty() : OptionalInt.of(ids[node]);
    }

    /** Returns the length of the longest token that begins at a place in a text; 0 if none does. */
    int longest(AlignedText text, int start) {
        int longest = 0;
        int node = ROOT;
        for (int i = start; i < text.length(); i++) {
            node = child(node, text.at(i));
            if (node == NONE) {
                break;
            }
            if (ids[node] != NONE) {
                longest = i + 1 - start;
            }
        }
        return longest;
    }

    /** Returns the id of the token that a part of a text is. */
    int idAt(AlignedText text, int start, int length) {
        int node = ROOT;
        for (int i = start; i < start + length; i++) {
            node = child(node, text.at(i));
        }
        return ids[node];
    }

    /** Returns whether a token has the id. */
    public boolean has(int id) {
        return id >= 0 && id < textStarts.length && textEnds[id] > textStarts[id];
    }

    /** Returns the token that has an id. */
    public String token(int id) {
        String known = strings[id];
        if (known == null) {
            known = new String(texts, textStarts[id], textEnds[id] - textStarts[id]);
            strings[id] = known;
        }
        return known;
    }

    /** Returns how many tokens there are; one that was added twice counts once. */
    public int size() {
        return size;
    }

    /** Returns one more than the greatest id. */
    public int limit() {
        return textStarts.length;
    }

    private static long edge(int prefix, int codePoint) {
        return ((long) prefix << CODE_POINT_BITS | codePoint) + 1;
    }

    private static int slot(long edge, int mask) {
        long hash = edge * HASH_MULTIPLIER;
        return (int) (hash ^ hash >>> 32) & mask;
    }

    /** Collects tokens. */
    public static final class Builder {
        private long[] edges = new long[1 << 12];
        private int[] children = new int[1 << 12];
        private int[] ids = new int[1 << 11];
        private int nodes = 1;
        private char[] texts = new char[1 << 12];
        private int textLength;
        private int[] textStarts = new int[1 << 10];
        private int[] textEnds = new int[1 << 10];
        private int limit;
        private int size;
        private final Path file;

        /** @param file that has the tokens, for messages */
        public Builder(Path file) {
            this.file = file;
            ids[0] = NONE;
        }

        public void add(String token, int id) {
            add(token.toCharArray(), 0, token.length(), id);
        }

        /** Adds a token that is not there yet. */
        public void addIfAbsent(String token, int id) {
            int node = ROOT;
            for (int i = 0; i < token.length() && node != NONE; ) {
                int codePoint = token.codePointAt(i);
                i += Character.charCount(codePoint);
                node = Vocabulary.child(edges, children, node, codePoint);
            }
            if (node == NONE || ids[node] == NONE) {
                add(token, id);
            }
        }

        /**
         * Adds the token that some characters spell, which are not empty and whose id is in its bounds.
         *
         * @throws TokenizerException if the tokens are too long together
         */
        public void add(char[] characters, int offset, int length, int id) {
            int node = ROOT;
            int end = offset + length;
            for (int i = offset; i < end; ) {
                int codePoint = Character.codePointAt(characters, i, end);
                i += Character.charCount(codePoint);
                node = extend(node, codePoint);
            }
            if (ids[node] == NONE) {
                size++;
            }
            ids[node] = id;
            if (textLength + length > texts.length) {
                texts = Arrays.copyOf(texts, Math.max(2 * texts.length, textLength + length));
            }
            if (id >= textStarts.length) {
                int capacity = Math.max(2 * textStarts.length, id + 1);
                textStarts = Arrays.copyOf(textStarts, capacity);
                textEnds = Arrays.copyOf(textEnds, capacity);
            }
            System.arraycopy(characters, offset, texts, textLength, length);
            textStarts[id] = textLength;
            textLength += length;
            textEnds[id] = textLength;
            limit = Math.max(limit, id + 1);
        }

        private int extend(int node, int codePoint) {
            long edge = edge(node, codePoint);
            int mask = edges.length - 1;
            int slot = slot(edge, mask);
            while (edges[slot] != 0) {
                if (edges[slot] == edge) {
                    return children[slot];
                }
                slot = slot + 1 & mask;
            }
            if (nodes == MAX_NODES) {
                throw new TokenizerException(
                        file,
                        "its tokens are too long together: a search tree of them has more than " + MAX_NODES
                                + " nodes");
            }
            int child = nodes++;
            edges[slot] = edge;
            children[slot] = child;
            if (child == ids.length) {
                ids = Arrays.copyOf(ids, 2 * child);
            }
            ids[child] = NONE;
            if (2 * nodes > edges.length) {
                grow();
            }
            return child;
        }

        private void grow() {
            long[] oldEdges = edges;
            int[] oldChildren = children;
            edges = new long[2 * oldEdges.length];
            children = new int[edges.length];
            int mask = edges.length - 1;
            for (int i = 0; i < oldEdges.length; i++) {
                if (oldEdges[i] != 0) {
                    int slot = slot(oldEdges[i], mask);
                    while (edges[slot] != 0) {
                        slot = slot + 1 & mask;
                    }
                    edges[slot] = oldEdges[i];
                    children[slot] = oldChildren[i];
                }
            }
        }

        public Vocabulary build() {
            return new Vocabulary(this);
        }
    }
}
