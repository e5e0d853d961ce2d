/** What runs a model in a process of its own and times it: the same for Detangle and for those it is compared with. */
module detangle.peer {
    requires transitive detangle.ir;

    exports detangle.peer;

    uses detangle.peer.SubjectProvider;
}
