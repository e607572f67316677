/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The priority queue: a leftist tree (Crane 1972; Knuth, TAOCP vol. 3, 5.2.3) with parent pointers.
 *
 * Invariants, for every node n (a missing child has rank 0):
 *
 *   heap      n's key is not greater than its children's
 *   leftist   rank(n->left) >= rank(n->right)
 *   rank      rank(n) = rank(n->right) + 1
 *
 * So the way right from a node is at most log2(n + 1) long. Two trees are merged along these ways, down and up again, without
 * recursion. Removal replaces a node by its two children merged, and mends ranks upwards until one does not change: the
 * nodes whose rank changes each have a rank greater by one than the one below, and no rank is above log2(n + 1), so this is
 * O(log n) also when the tree is as deep as it has nodes.
 *
 * What is proved (docs/assurance.md): insertion and removal, in any set of nodes that do not overlap, keep all links mutual, keep the
 * heap, leftist and rank invariants of every queued node, lose and add no node, and end.
 *
 * Protected by the lock of whatever holds the queue.
 */
#include "priority_queue.h"

/*@ // Parameters of the proof, any: which nodes there are, queued or not, in any number of queues; how deep a node is; whose a field is.
    axiomatic nodes {
      predicate is_node(struct queue_node *n);
      logic integer depth(struct queue_node *n);
      logic struct queue_node *link_owner(struct queue_node **link);
      logic integer link_field(struct queue_node **link);
      logic struct queue_node *number_owner(uint32_t *number);
      logic integer number_field(uint32_t *number);
    } */
/*@ logic integer rank_of{L}(struct queue_node *node) = node == \null ? 0 : node->rank;

    // No two nodes overlap: whose, and which, a field is can be told from its address. (Z3 would not use \separated, which is about pairs.)
    predicate apart{L} = \forall struct queue_node *n; is_node(n) ==> \valid(n) &&
        link_owner(&n->left) == n && link_field(&n->left) == 1 &&
        link_owner(&n->right) == n && link_field(&n->right) == 2 &&
        link_owner(&n->parent) == n && link_field(&n->parent) == 3 &&
        number_owner(&n->rank) == n && number_field(&n->rank) == 1 &&
        number_owner(&n->queued) == n && number_field(&n->queued) == 2;
    predicate outside(struct priority_queue *queue) = link_field(&queue->root) == 0;

    predicate in{L}(struct queue_node *n) = is_node(n) && n->queued == 1;
    predicate link{L}(struct queue_node *n) = n == \null || in(n);
    predicate root{L}(struct queue_node *n) = in(n) && n->parent == \null;

    // Of all queued nodes. Each says again that the links it reads lead to queued nodes: then Z3 looks at a node only where one of its
    // fields is read, not at each node's neighbours and theirs, without end.
    predicate lefts{L} = \forall struct queue_node *n; in(n) && n->left != \null ==>
        in(n->left) && n->left->parent == n && n->left != n->right;
    predicate rights{L} = \forall struct queue_node *n; in(n) && n->right != \null ==> in(n->right) && n->right->parent == n;
    predicate order{L} = \forall struct queue_node *n; in(n) && n->parent != \null ==>
        in(n->parent) && n->parent != n && n->parent->key <= n->key;
    predicate children{L}(struct queue_node *a, struct queue_node *b) = \forall struct queue_node *n;
        in(n) && n != a && n != b && n->parent != \null ==> in(n->parent) && (n->parent->left == n || n->parent->right == n);
    predicate no_child{L}(struct queue_node *c, struct queue_node *last) =
        (\forall struct queue_node *n; in(n) && in(n->left) ==> n->left != c) &&
        (\forall struct queue_node *n; in(n) && in(n->right) && n != last ==> n->right != c);
    predicate linked_but{L}(struct queue_node *a, struct queue_node *b) = lefts && rights && children(a, b) && order;
    predicate linked{L} = lefts && rights && children(\null, \null) && order;

    predicate balanced{L}(struct queue_node *n) =
        rank_of(n->left) >= rank_of(n->right) && n->rank == rank_of(n->right) + 1;
    predicate leftist{L}(struct queue_node *but) = \forall struct queue_node *n; in(n) && n != but ==>
        balanced(n) && (n->left != \null ==> in(n->left));
    // A tree of 2^64 nodes has rank 64.
    predicate ranks{L}(integer most) = \forall struct queue_node *n; in(n) ==> n->rank <= most;
    predicate acyclic{L} = \forall struct queue_node *n; in(n) ==> 0 <= depth(n) <= INT32_MAX &&
        (n->parent != \null ==> in(n->parent) && depth(n->parent) < depth(n));

    // Of two states.
    predicate same_roots{K, L}(struct queue_node *a, struct queue_node *b) = \forall struct queue_node *n;
        in{L}(n) && n != a && n != b ==>
        (\at(n->parent, K) == \null <==> \at(n->parent, L) == \null) && (\at(n->parent, L) != \null ==> in{L}(\at(n->parent, L)));
    predicate same_parents{K, L} = \forall struct queue_node *n; is_node(n) ==>
        \at(n->parent, K) == \at(n->parent, L) && (in{L}(n) && \at(n->parent, L) != \null ==> is_node(\at(n->parent, L)));
    predicate same_queued{K, L} = \forall struct queue_node *n; is_node(n) ==> \at(n->queued, K) == \at(n->queued, L);
    predicate same{K, L}(struct queue_node *n) =
        \at(n->left, K) == \at(n->left, L) && \at(n->right, K) == \at(n->right, L) &&
        \at(n->parent, K) == \at(n->parent, L) && \at(n->rank, K) == \at(n->rank, L); */

// For the proof only: the node that is being removed, and the merged way, from the top.
//@ ghost struct queue_node *removed;
//@ ghost struct queue_node *way[128];
//@ ghost int way_length;

/*@ // Not below the node that is removed: merging its children does not touch these.
    predicate kept{L}(struct queue_node *n) = removed != \null && depth(n) <= depth(removed);
    predicate kept_up{L} = \forall struct queue_node *n; in(n) && n->parent != \null && kept(n) ==> in(n->parent) && kept(n->parent);
    predicate kept_acyclic{L} = \forall struct queue_node *n; in(n) && kept(n) ==> 0 <= depth(n) <= INT32_MAX &&
        (n->parent != \null ==> in(n->parent) && depth(n->parent) < depth(n));
    predicate kept_same{K, L} = \forall struct queue_node *n; kept{L}(n) && is_node(n) ==> same{K, L}(n);

    predicate way_nodes{L} = \forall integer i; 0 <= i < way_length ==> in(way[i]) && !kept(way[i]);
    predicate way_chain{L} = (way_length > 0 ==> way[0]->parent == \null) &&
        (\forall integer i; 0 < i < way_length ==> way[i]->parent == way[i - 1]);
    predicate not_among{L}(integer length, struct queue_node *n) = \forall integer i; 0 <= i < length ==> way[i] != n;
    predicate aside{L}(integer length) = \forall struct queue_node *n; in(n) && n != removed &&
        not_among(length, n) ==> balanced(n) && (n->left != \null ==> in(n->left)); */

/*@ requires node == \null || \valid_read(node);
    assigns \nothing;
    ensures \result == rank_of(node); */
static uint32_t rank(const struct queue_node *node)
{
    return node ? node->rank : 0;
}

// What heap order and mutual links amount to: no node's key is smaller than that of the root above it.
/*@ ghost
    /@ requires apart && linked && acyclic && in(node);
       assigns \nothing;
       ensures \exists struct queue_node *top; root(top) && top->key <= node->key; @/
    static void lemma_root_is_smallest(struct queue_node *node)
    {
        struct queue_node *top = node;
        /@ loop invariant in(top) && top->key <= node->key;
           loop assigns top;
           loop variant depth(top); @/
        while (top->parent) top = top->parent;
        /@ assert root(top); @/
    } */

/* Restore the leftist and rank invariants of one node whose children have theirs. True if its rank changed. */
/*@ requires apart && in(node) && rank_of(node->left) < UINT32_MAX && rank_of(node->right) < UINT32_MAX;
    requires linked;
    assigns node->left, node->right, node->rank;
    ensures balanced: balanced(node);
    ensures children: node->left == \old(node->left) && node->right == \old(node->right) ||
        node->left == \old(node->right) && node->right == \old(node->left);
    ensures parent: node->parent == \old(node->parent);
    ensures told: \result <==> node->rank != \old(node->rank);
    ensures lefts: lefts;
    ensures rights: rights;
    ensures children: children(\null, \null);
    ensures order: order;
    ensures same: same_parents{Pre, Post} && same_queued{Pre, Post};
    ensures way: \old(way_nodes && way_chain) ==> way_nodes && way_chain;
    ensures others: \forall struct queue_node *n; in(n) && n != node && (n != node->parent || !\result) && \old(balanced(n)) ==>
        balanced(n) && (n->left != \null ==> in(n->left)); */
static bool mend(struct queue_node *node)
{
    uint32_t before = node->rank;

    if (rank(node->left) < rank(node->right)) {
        struct queue_node *left = node->left;
        node->left = node->right;
        node->right = left;
    }
    node->rank = rank(node->right) + 1;
    return node->rank != before;
}

/* Append a node to the way that ends in `last`: the one with the smaller key of two heads (the other is `other`). Returns what followed it. */
/*@ requires apart && linked_but(first, other) && kept_up;
    requires heads: in(first) && link(other) && first != other && link(last) && last != first && (last != \null ==> last != other);
    requires last: last != \null ==> (last->right == first || last->right == other) &&
        last->key <= first->key && (other != \null ==> last->key <= other->key);
    requires first: other != \null ==> first->key <= other->key;
    requires no_child_a: no_child(first, last);
    requires no_child_b: other != \null ==> no_child(other, last);
    requires way: 0 <= way_length < 128 && (last == \null ? way_length == 0 : way_length > 0 && way[way_length - 1] == last);
    requires way_nodes: way_nodes && way_chain && aside(way_length) && not_among(way_length, first) && not_among(way_length, other);
    requires kept: !kept(first) && (other != \null ==> !kept(other));
    assigns last->right, first->parent, way[way_length], way_length;
    ensures written: first->parent == last && (last != \null ==> last->right == first);
    ensures next: \result == first->right == \old(first->right) && \result != first && link(\result) && (\result != \null ==>
        \result != other && first->key <= \result->key && \result->parent == first);
    ensures no_child_a: \result != \null ==> no_child(\result, first);
    ensures no_child_b: other != \null ==> no_child(other, \null);
    ensures lefts: lefts;
    ensures rights: rights;
    ensures children: children(\null, other);
    ensures order: order;
    ensures rank: first->rank == rank_of(\result) + 1;
    ensures rank_next: \result != \null ==> \result->rank >= 1;
    ensures way: way_length == \old(way_length) + 1 && way[way_length - 1] == first && (way_length > 1 ==> way[0] == \old(way[0]));
    ensures way_nodes: way_nodes;
    ensures way_chain: way_chain;
    ensures aside: aside(way_length);
    ensures fresh: not_among(way_length, \result);
    ensures fresh_b: not_among(way_length, other);
    ensures kept: \result != \null ==> !kept(\result);
    ensures kept_up: kept_up;
    ensures kept_same: kept_same{Pre, Post};
    ensures roots: same_roots{Pre, Post}(first, other); */
static struct queue_node *append(struct queue_node *last,
                                 struct queue_node *first) /*@ ghost (struct queue_node *other) */
{
    //@ assert own: first != removed && (first->right != \null ==> first->right != removed);
    //@ assert balanced: balanced(first);
    //@ assert unvisited: first->right != \null ==> \forall integer i; 0 <= i < way_length ==> way[i]->parent != first;
    //@ assert fresh: not_among(way_length, first->right);
    //@ assert balanced_next: first->right != \null ==> balanced(first->right);
    if (last)
        last->right = first;
    first->parent = last;
    //@ ghost way[way_length] = first;
    //@ ghost way_length++;
    /*@ assert off: \forall struct queue_node *n; in(n) && not_among(way_length, n) ==> n != first && n != last; */
    /*@ assert fresh_before: \forall struct queue_node *n; not_among(way_length, n) ==> \at(not_among(way_length, n), Pre); */
    /*@ assert balanced_before: \forall struct queue_node *n; in(n) && n != removed && not_among(way_length, n) ==>
        \at(balanced(n), Pre) && (n->left != \null ==> in(n->left)); */
    /*@ assert balanced_after: \forall struct queue_node *n; in(n) && n != first && n != last && \at(balanced(n), Pre) ==>
        balanced(n) && (n->left != \null ==> in(n->left)); */
    return first->right;
}

/* Down: thread the right ways of two trees into one, smallest key first. Returns its last node. */
/*@ requires apart && ranks(64) && linked && leftist(removed) && kept_up;
    requires roots: root(a) && root(b) && a != b && !kept(a) && !kept(b);
    assigns way[0 .. 127], way_length, { n->right | struct queue_node *n; is_node(n) }, { n->parent | struct queue_node *n; is_node(n) };
    ensures linked: linked;
    ensures way: 0 < way_length <= 128 && way_nodes && way_chain && way[way_length - 1] == \result;
    ensures top: way[0] == a && a->key <= b->key && b->parent != \null || way[0] == b && b->key <= a->key && a->parent != \null;
    ensures aside: aside(way_length);
    ensures kept: kept_same{Pre, Post};
    ensures roots: same_roots{Pre, Post}(a, b); */
static struct queue_node *join(struct queue_node *a, struct queue_node *b)
{
    struct queue_node *last = NULL;

    //@ ghost way_length = 0;
    /*@ loop invariant heads: link(a) && in(b) && a != b && (a != \null ==> !kept(a)) && !kept(b) &&
            (last != \null ==> last != b && last != a);
        loop invariant last: last != \null ==> in(last) && last->right == a && way_length > 0 && way[way_length - 1] == last &&
            (a != \null ==> last->key <= a->key && a->parent == last) && last->key <= b->key;
        loop invariant start: last == \null ==> way_length == 0 && a == \at(a, Pre) && b == \at(b, Pre) && a->parent == \null &&
            b->parent == \null;
        loop invariant no_child_a: a != \null ==> no_child(a, last);
        loop invariant no_child_b: no_child(b, \null);
        loop invariant linked: linked_but(\null, b);
        loop invariant length: 0 <= way_length && way_length + rank_of(a) + rank_of(b) <= 128 && (a != \null ==> a->rank >= 1) &&
            b->rank >= 1;
        loop invariant way: way_nodes;
        loop invariant chain: way_chain;
        loop invariant fresh: not_among(way_length, a) && not_among(way_length, b);
        loop invariant aside: aside(way_length);
        loop invariant kept_up: kept_up;
        loop invariant kept: kept_same{Pre, Here};
        loop invariant roots: same_roots{Pre, Here}(\at(a, Pre), \at(b, Pre));
        loop invariant inner_b: last != \null ==> b == \at(a, Pre) || b == \at(b, Pre) || b->parent != \null;
        loop invariant top: last != \null ==>
            way[0] == \at(a, Pre) && \at(a, Pre)->key <= \at(b, Pre)->key && (\at(b, Pre) != b ==> \at(b, Pre)->parent != \null) ||
            way[0] == \at(b, Pre) && \at(b, Pre)->key <= \at(a, Pre)->key && (\at(a, Pre) != b ==> \at(a, Pre)->parent != \null);
        loop assigns a, b, last, way_length, way[0 .. 127], { n->right | struct queue_node *n; is_node(n) },
            { n->parent | struct queue_node *n; is_node(n) };
        loop variant rank_of(a) + rank_of(b); */
    while (a) {
        struct queue_node *first = a;
        if (b->key < a->key) {
            first = b;
            b = a;
        }
        a = append(last, first) /*@ ghost (b) */;
        last = first;
    }
    append(last, b) /*@ ghost (NULL) */;
    return b;
}

/* Up: mend every node of the merged way. Returns the root. */
/*@ requires apart && linked && ranks(64);
    requires way: 0 < way_length <= 128 && way_nodes && way_chain && way[way_length - 1] == node && aside(way_length);
    assigns { n->left | struct queue_node *n; is_node(n) }, { n->right | struct queue_node *n; is_node(n) },
        { n->rank | struct queue_node *n; is_node(n) };
    ensures top: \result == way[0];
    ensures linked: linked;
    ensures leftist: leftist(removed);
    ensures ranks: ranks(192);
    ensures kept: kept_same{Pre, Post};
    ensures parents: same_parents{Pre, Post};
    ensures queued: same_queued{Pre, Post}; */
static struct queue_node *mend_way(struct queue_node *node)
{
    //@ ghost int open = way_length;
    /*@ loop invariant open: 1 <= open <= way_length && node == way[open - 1];
        loop invariant linked: linked;
        loop invariant way: way_nodes && way_chain;
        loop invariant aside: aside(open);
        loop invariant ranks: ranks(64 + way_length - open);
        loop invariant kept: kept_same{Pre, Here};
        loop invariant parents: same_parents{Pre, Here};
        loop invariant queued: same_queued{Pre, Here};
        loop assigns node, open, { n->left | struct queue_node *n; is_node(n) }, { n->right | struct queue_node *n; is_node(n) },
            { n->rank | struct queue_node *n; is_node(n) };
        loop variant open; */
    while (true) {
        //@ assert above: open == 1 ? node->parent == \null : node->parent == way[open - 2] && in(way[open - 2]) && node->parent != \null;
        mend(node);
        //@ ghost open--;
        //@ assert top: node->parent == \null ? open == 0 : open > 0 && node->parent == way[open - 1];
        /*@ assert off: \forall struct queue_node *n; in(n) && not_among(open, n) && n != node ==>
            n != node->parent && not_among(open + 1, n); */
        if (!node->parent)
            return node;
        node = node->parent;
    }
}

/* Merge two trees with no parents; either may be empty. */
/*@ requires apart && ranks(64) && linked && leftist(removed) && kept_up;
    requires roots: (a == \null || root(a) && !kept(a)) && (b == \null || root(b) && !kept(b)) && (a == b ==> a == \null);
    assigns way[0 .. 127], way_length, { n->left | struct queue_node *n; is_node(n) }, { n->right | struct queue_node *n; is_node(n) },
        { n->parent | struct queue_node *n; is_node(n) }, { n->rank | struct queue_node *n; is_node(n) };
    ensures linked: linked;
    ensures leftist: leftist(removed);
    ensures ranks: ranks(192);
    ensures root: \result == \null ? a == \null && b == \null : root(\result) && !kept(\result) &&
        (\result == a && (b != \null ==> a->key <= b->key && b->parent != \null) ||
         \result == b && (a != \null ==> b->key <= a->key && a->parent != \null));
    ensures kept: kept_same{Pre, Post};
    ensures roots: same_roots{Pre, Post}(a, b);
    ensures queued: same_queued{Pre, Post}; */
static struct queue_node *merge(struct queue_node *a, struct queue_node *b)
{
    if (!a)
        return b;
    if (!b)
        return a;
    return mend_way(join(a, b));
}

/* A queued node by itself. */
/*@ requires apart && is_node(node) && node->queued == 0 && linked && leftist(\null) && ranks(64);
    assigns node->key, node->left, node->right, node->parent, node->rank, node->queued;
    ensures set: node->key == key && node->queued == 1 && root(node);
    ensures linked: linked;
    ensures leftist: leftist(\null);
    ensures ranks: ranks(64);
    ensures others: \forall struct queue_node *n; is_node(n) && n != node ==>
        n->queued == \old(n->queued) && n->key == \old(n->key) && n->parent == \old(n->parent) &&
        (in(n) && n->parent != \null ==> is_node(n->parent)); */
static void make_leaf(struct queue_node *node, uint64_t key)
{
    /*@ assert new: \forall struct queue_node *n; in(n) && (n->left != \null ==> in(n->left)) ==>
        n->left != node && n->right != node && n->parent != node; */
    node->key = key;
    node->left = node->right = node->parent = NULL;
    node->rank = 1;
    node->queued = 1;
}

/*@ requires \valid(queue) && apart && outside(queue);
    requires linked && leftist(\null) && ranks(64);
    requires node: is_node(node) && node->queued == 0;
    requires root: queue->root == \null || root(queue->root);
    assigns queue->root, removed, way[0 .. 127], way_length, node->key, node->queued,
        { n->left | struct queue_node *n; is_node(n) }, { n->right | struct queue_node *n; is_node(n) },
        { n->parent | struct queue_node *n; is_node(n) }, { n->rank | struct queue_node *n; is_node(n) };
    ensures lefts: lefts;
    ensures rights: rights;
    ensures children: children(\null, \null);
    ensures order: order;
    ensures leftist: leftist(\null);
    ensures node: node->key == key && in(node);
    ensures root: root(queue->root) && queue->root->key <= key &&
        (queue->root == node || node->parent != \null && queue->root == \old(queue->root));
    ensures old_root: \old(queue->root) != \null ==> queue->root->key <= \at(queue->root, Pre)->key &&
        (queue->root == \old(queue->root) || \at(queue->root, Pre)->parent != \null);
    ensures roots: same_roots{Pre, Post}(node, \old(queue->root));
    ensures others: \forall struct queue_node *n; is_node(n) && n != node ==> n->queued == \old(n->queued) && n->key == \old(n->key); */
void queue_insert(struct priority_queue *queue, struct queue_node *node, uint64_t key)
{
    assert(!node->queued);
    //@ ghost removed = NULL;
    make_leaf(node, key);
    queue->root = queue->root ? merge(queue->root, node) : node;
}

/* Make roots of a node's children. */
/*@ requires apart && linked && leftist(\null) && ranks(64) && in(node) && acyclic;
    assigns node->left, node->right, node->left->parent, node->right->parent;
    ensures leaf: node->left == \null && node->right == \null;
    ensures left: \old(node->left) != \null ==> \old(node->left)->parent == \null;
    ensures right: \old(node->right) != \null ==> \old(node->right)->parent == \null;
    ensures linked: linked;
    ensures leftist: leftist(node);
    ensures acyclic: acyclic;
    ensures roots: same_roots{Pre, Post}(\old(node->left), \old(node->right));
    ensures parent: node->parent == \old(node->parent); */
static void cut_children(struct queue_node *node)
{
    if (node->left) {
        node->left->parent = NULL;
        node->left = NULL;
    }
    if (node->right) {
        node->right->parent = NULL;
        node->right = NULL;
    }
}

/* Put a tree in the place of a node without children, which leaves the queue. */
/*@ requires \valid(queue) && apart && outside(queue) && linked && leftist(node) && ranks(192) && kept_acyclic;
    requires node: in(node) && node->left == \null && node->right == \null && kept(node);
    requires by: by != node && (by == \null || root(by) && !kept(by) && node->key <= by->key);
    requires root: node->parent == \null ==> queue->root == node;
    assigns node->queued, queue->root, node->parent->left, node->parent->right, by->parent;
    ensures node: node->queued == 0 && node->parent == \old(node->parent);
    ensures linked: linked;
    ensures leftist: leftist(\old(node->parent));
    ensures ranks: ranks(192);
    ensures acyclic: kept_acyclic;
    ensures root: queue->root == (\old(node->parent) == \null ? by : \old(queue->root));
    ensures by: by != \null ==> in(by) && by->parent == \old(node->parent);
    ensures roots: same_roots{Pre, Post}(by, node);
    ensures others: \forall struct queue_node *n; is_node(n) && n != node ==> n->queued == \old(n->queued); */
static void replace(struct priority_queue *queue, struct queue_node *node, struct queue_node *by)
{
    struct queue_node *parent = node->parent;

    /*@ assert child: \forall struct queue_node *n; in(n) && (n->left != \null ==> in(n->left)) && n != parent ==>
        n->left != node && n->right != node; */
    node->queued = 0;
    if (by)
        by->parent = parent;
    if (!parent) {
        assert(queue->root == node);
        queue->root = by;
    } else if (parent->left == node) {
        parent->left = by;
    } else {
        parent->right = by;
    }
}

/* Mend ranks from a node upwards, until one does not change. */
/*@ requires apart && linked && leftist(node) && ranks(192) && kept_acyclic;
    requires node: node == \null || in(node) && kept(node);
    assigns { n->left | struct queue_node *n; is_node(n) }, { n->right | struct queue_node *n; is_node(n) },
        { n->rank | struct queue_node *n; is_node(n) };
    ensures linked: linked;
    ensures leftist: leftist(\null);
    ensures parents: same_parents{Pre, Post};
    ensures queued: same_queued{Pre, Post}; */
static void mend_up(struct queue_node *node)
{
    /*@ loop invariant node: node == \null || in(node) && kept(node) && depth(node) <= depth(\at(node, Pre));
        loop invariant linked: linked;
        loop invariant leftist: leftist(node);
        loop invariant acyclic: kept_acyclic;
        loop invariant ranks: node != \null ==> ranks(192 + INT32_MAX - depth(node));
        loop invariant parents: same_parents{Pre, Here};
        loop invariant queued: same_queued{Pre, Here};
        loop assigns node, { n->left | struct queue_node *n; is_node(n) }, { n->right | struct queue_node *n; is_node(n) },
            { n->rank | struct queue_node *n; is_node(n) };
        loop variant node == \null ? 0 : depth(node) + 1; */
    while (node && mend(node))
        node = node->parent;
}

/*@ requires \valid(queue) && apart && outside(queue);
    requires linked && leftist(\null) && ranks(64) && acyclic;
    requires node: in(node);
    requires root: root(queue->root) && (node->parent == \null ==> queue->root == node);
    assigns queue->root, removed, way[0 .. 127], way_length, node->queued,
        { n->left | struct queue_node *n; is_node(n) }, { n->right | struct queue_node *n; is_node(n) },
        { n->parent | struct queue_node *n; is_node(n) }, { n->rank | struct queue_node *n; is_node(n) };
    ensures linked: linked;
    ensures leftist: leftist(\null);
    ensures node: node->queued == 0;
    ensures inner: \old(node->parent) != \null ==> queue->root == \old(queue->root) && root(queue->root);
    ensures first: \old(node->parent) == \null ==> (queue->root == \old(node->left) || queue->root == \old(node->right)) &&
        (\old(node->left) != \null ==> root(queue->root) && queue->root->key <= \old(node->left)->key) &&
        (\old(node->right) != \null ==> root(queue->root) && queue->root->key <= \old(node->right)->key);
    ensures roots: \forall struct queue_node *n; in(n) && n != queue->root ==> (\old(n->parent) == \null <==> n->parent == \null);
    ensures others: \forall struct queue_node *n; is_node(n) && n != node ==> n->queued == \old(n->queued); */
void queue_remove(struct priority_queue *queue, struct queue_node *node)
{
    assert(node->queued);

    struct queue_node *parent = node->parent, *left = node->left, *right = node->right;
    //@ ghost removed = node;
    cut_children(node);
    replace(queue, node, merge(left, right));
    mend_up(parent);
}
