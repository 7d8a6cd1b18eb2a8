"""
Site clearance: the verbs that change cases, and what they keep in step in their own transaction.

``contributions`` says what a case adds to the figures of zones; ``maintain`` writes that, for one case after
an edit or for all of them anew; the verbs stand in ``cases``, ``stages``, ``money``, ``documents``,
``projects`` and ``roadmaps``.
"""
