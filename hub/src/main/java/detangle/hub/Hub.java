package detangle.hub;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Models by their names: from huggingface.co, or another hub that speaks its language. They are kept in the cache that
 * huggingface_hub keeps them in, so that what Python has loaded is not loaded again, nor the other way round.
 *
 * <pre>{@code
 * TextClassifier.load(Hub.model("protectai/deberta-v3-base-prompt-injection-v2"))
 * }</pre>
 *
 * <p>Nothing of a repository is run, and only files that make a model are asked for. Any number of threads and
 * processes may share a cache.
 */
public final class Hub {
    private static final Logger LOG = LoggerFactory.getLogger(Hub.class);
    private static final long PAUSE_MILLIS = 250;

    /** The longest time for a whole listing, in multiples of the timeout for its next bytes. */
    private static final int LISTING_TIMEOUTS = 6;

    private final HubOptions options;
    private final HubClient client;
    private final long pauseMillis;

    /** A hub and its cache. */
    public Hub(HubOptions options) {
        this(options, PAUSE_MILLIS);
    }

    Hub(HubOptions options, long pauseMillis) {
        this.options = options;
        this.client = new HubClient(options);
        this.pauseMillis = pauseMillis;
    }

    /** Returns the folder of a model, by the options of the environment; see {@link #folder}. */
    public static Path model(String name) {
        return new Hub(HubOptions.fromEnvironment()).folder(name, HubProgress.NONE);
    }

    /**
     * Returns the folder of a model.
     *
     * @param name a folder that exists, {@code organisation/name}, {@code organisation/name@revision}, or one of
     *     microsoft's own names ({@code base}, {@code xxlarge-v2-mnli}, ...); see {@link ModelId#parse}
     * @return the folder itself, or the snapshot in the cache, downloaded if it is not there
     * @throws HubException if there is no such model, or it cannot be had
     */
    public Path folder(String name, HubProgress progress) {
        Path folder = path(name);
        if (Files.exists(folder)) {
            return folder;
        }
        return snapshot(id(name), true, progress);
    }

    /**
     * Returns the folder of {@link #folder}, in which configuration and tokenizer alone are there for sure: for models
     * that are made of another's, and for work with a tokenizer alone.
     */
    public Path folderWithoutWeights(String name, HubProgress progress) {
        Path folder = path(name);
        return Files.exists(folder) ? folder : snapshot(id(name), false, progress);
    }

    private static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw unknown(name);
        }
    }

    private static HubException unknown(String name) {
        return new HubException(
                name + " is neither a folder nor a model's name on the hub, such as microsoft/deberta-v3-base");
    }

    private static ModelId id(String name) {
        return ModelId.parse(name).orElseThrow(() -> unknown(name));
    }

    private Path snapshot(ModelId id, boolean weighty, HubProgress progress) {
        HubCache cache = new HubCache(options.cache(), id);
        Optional<Path> kept = cache.commit(id.revision())
                .map(cache::snapshot)
                .filter(folder -> RepositoryFiles.complete(folder, weighty));
        // A commit never changes; but others may have left out the file that says how vectors are made.
        boolean settled = HubCache.isCommit(id.revision()) && cache.knows(id.revision(), RepositoryModules.FILE);
        if (kept.isPresent() && (options.offline() || settled)) {
            return kept.get();
        }
        if (options.offline()) {
            throw new HubException(id + " is not in " + options.cache()
                    + ", and HF_HUB_OFFLINE forbids to load it: unset it, or name a folder");
        }
        Listing listing;
        try {
            listing = list(id);
        } catch (IOException e) {
            if (kept.isPresent()) {
                LOG.warn("{} cannot be reached ({}): {} is taken from the cache", options.endpoint(), reason(e), id);
                return kept.get();
            }
            throw new HubException(
                    options.endpoint() + " cannot be reached (" + reason(e) + "), and " + id + " is not in "
                            + options.cache() + ": check the network or HTTPS_PROXY, or name a folder",
                    e);
        }
        try {
            return fetch(id, cache, listing, weighty, progress);
        } catch (IOException e) {
            throw new HubException(id + " cannot be loaded into " + options.cache() + ": " + reason(e), e);
        }
    }

    /** Returns what went wrong, with the kind of the exception, as some of their messages are bare paths. */
    static String reason(IOException e) {
        return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
    }

    /** A commit and the names of its files. */
    private record Listing(String commit, Set<String> files) {}

    private Listing list(ModelId id) throws IOException {
        URI uri = client.at(
                "/api/models/" + id.repository() + "/revision/" + id.revision().replace("/", "%2F"));
        try (HubClient.Answer answer = client.get(uri, Map.of("Accept", "application/json"))) {
            check(answer, id);
            JsonNode root;
            try {
                root = HubJson.read(new BoundedBody(
                        answer.body(),
                        HubJson.MAX_LISTING_BYTES,
                        options.timeout().multipliedBy(LISTING_TIMEOUTS)));
            } catch (JacksonException e) {
                throw new HubException(
                        uri + " does not answer in JSON, or with more values or deeper nesting than a listing has:"
                                + " is HF_ENDPOINT a hub?",
                        e);
            }
            String commit = root.path("sha").asString("");
            if (!HubCache.isCommit(commit)) {
                throw new HubException(uri + " names no commit: is HF_ENDPOINT a hub?");
            }
            Set<String> files = new HashSet<>();
            root.path("siblings").forEach(s -> files.add(s.path("rfilename").asString("")));
            return new Listing(commit, files);
        }
    }

    /** Refuses an answer that is not a success; an IOException if another attempt may help. */
    private void check(HubClient.Answer answer, ModelId id) throws IOException {
        String code = answer.header("X-Error-Code").orElse("");
        int status = answer.status();
        if (status / 100 == 2 || answer.isRedirect()) {
            return;
        }
        if (status >= 500 || status == 429) {
            throw new IOException("status " + status);
        }
        String page = options.endpoint() + "/" + id.repository();
        if (code.equals("GatedRepo")) {
            throw new HubException(
                    id + " is gated: accept its terms at " + page + ", and set HF_TOKEN to a token of yours");
        }
        if (code.equals("RevisionNotFound")) {
            throw new HubException(id.repository() + " has no revision " + id.revision() + ": see " + page);
        }
        if (status == HttpURLConnection.HTTP_UNAUTHORIZED || status == HttpURLConnection.HTTP_FORBIDDEN) {
            throw new HubException("there is neither a folder nor a model " + id.repository() + " at "
                    + options.endpoint()
                    + (options.token().isPresent()
                            ? " that HF_TOKEN gives access to"
                            : ", or it is private: set HF_TOKEN"));
        }
        throw new HubException(
                status == HttpURLConnection.HTTP_NOT_FOUND
                        ? "there is neither a folder nor a model " + id.repository() + " at " + options.endpoint()
                                + ": check its name"
                        : answer.uri() + " answers with status " + status);
    }

    private Path fetch(ModelId id, HubCache cache, Listing listing, boolean weighty, HubProgress progress)
            throws IOException {
        Path snapshot = cache.snapshot(listing.commit());
        if (listing.files().contains(RepositoryModules.FILE)) {
            fetch(id, cache, listing, RepositoryModules.FILE, progress);
        } else {
            cache.rememberAbsent(listing.commit(), RepositoryModules.FILE);
        }
        RepositoryModules modules = RepositoryModules.in(snapshot);
        if (!RepositoryFiles.haveConfig(listing.files(), modules)) {
            throw new HubException(id + " has no config.json, so it is not a model that can be run");
        }
        List<String> files = new ArrayList<>();
        if (weighty) {
            files.addAll(weights(id, cache, listing, modules.encoder(), progress));
        }
        files.addAll(RepositoryFiles.beside(listing.files(), modules));
        for (String file : files) {
            fetch(id, cache, listing, file, progress);
        }
        // Only now: a revision never leads to half a model. One that leads to a whole model goes on to do so, without a
        // network too, until the weights of the newer commit are there.
        boolean leadsToWeights = cache.commit(id.revision())
                .map(cache::snapshot)
                .filter(kept -> RepositoryFiles.complete(kept, true))
                .isPresent();
        if (weighty || !leadsToWeights) {
            cache.remember(id.revision(), listing.commit());
        }
        return snapshot;
    }

    /** Returns the files that hold the weights; the index of shards, if there is one, is loaded to know them. */
    private List<String> weights(ModelId id, HubCache cache, Listing listing, String encoder, HubProgress progress)
            throws IOException {
        String weights = RepositoryFiles.weights(listing.files(), encoder)
                .orElseThrow(() -> new HubException(id
                        + " has neither model.safetensors nor pytorch_model.bin: it has no weights that can be read"));
        if (!RepositoryFiles.isIndex(weights)) {
            return List.of(weights);
        }
        fetch(id, cache, listing, weights, progress);
        List<String> shards = new ArrayList<>();
        for (String shard :
                RepositoryFiles.shards(cache.snapshot(listing.commit()).resolve(weights))) {
            if (!listing.files().contains(encoder + shard)) {
                throw new HubException(id + " has no " + encoder + shard + ", which " + weights + " names");
            }
            shards.add(encoder + shard);
        }
        return shards;
    }

    private void fetch(ModelId id, HubCache cache, Listing listing, String name, HubProgress progress)
            throws IOException {
        if (Files.isRegularFile(cache.snapshot(listing.commit()).resolve(name))) {
            return;
        }
        RemoteFile file = remote(id, listing.commit(), name);
        new Download(client, cache, progress, pauseMillis).fetch(listing.commit(), file);
    }

    private RemoteFile remote(ModelId id, String commit, String name) throws IOException {
        URI uri = client.at("/" + id.repository() + "/resolve/" + commit + "/" + name);
        RemoteFile.Facts facts = new RemoteFile.Facts();
        try (HubClient.Answer answer = client.head(uri, facts::add)) {
            if (answer.status() == HttpURLConnection.HTTP_NOT_FOUND
                    && answer.header("X-Error-Code").orElse("EntryNotFound").equals("EntryNotFound")) {
                throw new HubException(answer.uri() + " is not there (status 404), though the hub lists " + name);
            }
            if (!refusesToTell(answer)) {
                check(answer, id);
            }
            return facts.of(name, uri);
        }
    }

    /**
     * Returns whether HEAD is what is refused: by a server that does not know it, or by a store whose addresses are
     * signed for GET.
     */
    private boolean refusesToTell(HubClient.Answer answer) {
        return answer.status() == HttpURLConnection.HTTP_BAD_METHOD
                || answer.status() == HttpURLConnection.HTTP_NOT_IMPLEMENTED
                || answer.status() / 100 == 4 && !client.isHub(answer.uri());
    }
}
