"""Sign-in with your school's own accounts, by OpenID Connect. Name this file in HUB_SIGN_IN, or a copy that you changed.

Whoever keeps your school's accounts registers the workshop, with the address to come back to, and tells you the three others:

    OIDC_ISSUER         the provider's address, such as https://login.example.edu/realms/school
    OIDC_CLIENT_ID      the workshop's name there
    OIDC_CLIENT_SECRET  its password there, which stays out of files
    OIDC_CALLBACK       the address to come back to: https://YOUR.HOST/hub/oauth_callback
"""

import json
import os
from urllib.request import urlopen

c = get_config()  # noqa: F821  JupyterHub puts it there
issuer = os.environ["OIDC_ISSUER"].rstrip("/")

# Each provider tells at this one address where its others are.
with urlopen(f"{issuer}/.well-known/openid-configuration", timeout=30) as answer:
    addresses = json.load(answer)

c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.login_service = "your school's account"
c.GenericOAuthenticator.client_id = os.environ["OIDC_CLIENT_ID"]
c.GenericOAuthenticator.client_secret = os.environ["OIDC_CLIENT_SECRET"]
c.GenericOAuthenticator.oauth_callback_url = os.environ["OIDC_CALLBACK"]
c.GenericOAuthenticator.authorize_url = addresses["authorization_endpoint"]
c.GenericOAuthenticator.token_url = addresses["token_endpoint"]
c.GenericOAuthenticator.userdata_url = addresses["userinfo_endpoint"]
c.GenericOAuthenticator.scope = ["openid", "profile"]
# What a learner is called here, and in the class report. Take a claim that nobody can change for themselves.
c.GenericOAuthenticator.username_claim = "preferred_username"
# Who may come in: everybody whom the provider knows, or these names alone.
c.GenericOAuthenticator.allow_all = True
# c.GenericOAuthenticator.allowed_users = {"ann", "ben"}
